# ecctl has no setting for an endpoint: it works through the forward proxy only.
# Start the server with --proxy-port, and run this again.
