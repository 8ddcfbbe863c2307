export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export HTTPS_PROXY=http://127.0.0.1:4011;
export SSL_CERT_FILE=/srv/data/tls/ca.pem;
# Use a shell of its own: what else runs in it reaches no other host through this proxy.
