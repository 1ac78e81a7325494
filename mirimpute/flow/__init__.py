"""The rectified flow alone: path, network, integration, training. Nothing here knows of missing data."""
