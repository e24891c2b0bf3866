"""What a scan is, before anything is done to it: probing foreign bytes, choosing pages, making a body. Worker side."""
