// The page of one exchange.

import { Detail } from "./detail.js";
import { find, root } from "./dom.js";

const place = find("#exchange");
const back = find("#back");
back.href = sessionStorage.getItem("list")?.startsWith(new URL(root, location.href).href) ? sessionStorage.getItem("list") : root;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.target.matches("input, textarea, select")) back.click();
});

const exchange = await new Detail(place).open(place.dataset.id);
if (exchange) document.title = `${exchange.status} ${exchange.summary || exchange.path} · mock`;
