export ALIBABA_CLOUD_ACCESS_KEY_ID="${ALIBABA_CLOUD_ACCESS_KEY_ID:-any}";
export ALIBABA_CLOUD_ACCESS_KEY_SECRET="${ALIBABA_CLOUD_ACCESS_KEY_SECRET:-any}";
export ALIBABA_CLOUD_REGION_ID="${ALIBABA_CLOUD_REGION_ID:-cn-hangzhou}";
export HTTPS_PROXY=http://127.0.0.1:4011;
# The SDK reads the proxy here, but no variable names a CA to it. Say it in the code:
#   Config(
#     access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
#     access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
#     region_id=os.environ["ALIBABA_CLOUD_REGION_ID"],
#     ca="/srv/data/tls/ca.pem",
#   )
# or, to leave the code alone, add it once to the list of a virtual environment:
#   cat /srv/data/tls/ca.pem >> "$(python -m certifi)"
# Use a shell of its own: what else runs in it reaches no other host through this proxy.
