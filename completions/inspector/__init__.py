"""The inspector: pages under `/_mock/` that show a person what an application said, and what it got.

`routes.py` has the addresses and `pages.py` the views; a page is a template that extends `base.html`, and a script of
its own in `static/` that talks to the control API. Nothing is fetched from elsewhere, and nothing is inline: the
Content-Security-Policy in `rendering.py` would refuse it.
"""
