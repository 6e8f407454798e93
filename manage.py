#!/usr/bin/env python
"""Django's command line for this project: `python manage.py runserver`, `serve`, `check`, …"""

from mocksite.__main__ import main

if __name__ == "__main__":
    main()
