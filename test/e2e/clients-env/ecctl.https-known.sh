# ecctl has no setting for an endpoint: it works through the forward proxy only.
# Start the server with --proxy-port, and run this again.
# Whoever signed the server's certificate must be known to the client already.
