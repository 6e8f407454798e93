// What is wrong with a page's controls and headings for those who do not see it, or who cannot point well.
() => {
  const found = [];
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const brief = (element) => element.outerHTML.slice(0, 90);
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) found.push(`two elements have the id ${id}`);
  for (const each of visible("button, a[href], input, select, textarea, summary")) {
    const labels = [...(each.labels ?? [])].map((label) => label.textContent).join(" ");
    const name = each.getAttribute("aria-label") || labels || each.textContent || each.title || each.placeholder || "";
    if (!name.trim() && !each.hasAttribute("aria-labelledby")) found.push(`no name: ${brief(each)}`);
    if (each.closest("[aria-hidden=true]")) found.push(`hidden, but takes the focus: ${brief(each)}`);
  }
  for (const each of visible("button, select")) {
    const { width, height } = each.getBoundingClientRect();
    if (width < 24 || height < 24) found.push(`${width} × ${height} pixels: ${brief(each)}`);
  }
  for (const attribute of ["aria-controls", "aria-describedby", "aria-labelledby", "for"]) {
    for (const each of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of each.getAttribute(attribute).split(/\s+/)) if (id && !ids.includes(id)) found.push(`${attribute} names ${id}, which is not there`);
    }
  }
  const levels = visible("h1, h2, h3, h4").map((each) => Number(each.localName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push(`headings of levels ${levels}`);
  levels.forEach((level, index) => { if (index && level > levels[index - 1] + 1) found.push(`headings of levels ${levels}`); });
  return found;
}
