-- What wrk sends: requests made of a template and records read from a file, and one line of figures at the end.
-- wrk … -- FILE TEMPLATE ORDER: the template's \1 stands for a record; records end in \0; ORDER is cycle or random.
local records = {}
local before, after, order
local next = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for record in file:read("*a"):gmatch("([^%z]+)%z") do
    records[#records + 1] = record
  end
  file:close()
  local template = assert(io.open(args[2], "rb")):read("*a")
  before, after = template:match("^(.-)\1(.*)$")
  order = args[3]
  math.randomseed(tonumber(args[4]))
end

function request()
  if order == "random" then
    next = math.random(#records)
  else
    next = next % #records + 1
  end
  return before .. records[next] .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "\nFIGURES %d %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
