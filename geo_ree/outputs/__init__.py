"""Files of a run: tables, GIS files, KML, figures, screenshots. They take tables, not a run."""
