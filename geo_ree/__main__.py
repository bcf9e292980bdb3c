"""``python -m geo_ree`` is ``geo-ree``."""

from geo_ree.cli.app import main

if __name__ == "__main__":
    main(prog_name="geo-ree")
