-- What wrk sends: the bodies of a file, one a line, in turn; the file's first line is the access token, or empty.
-- What it says at the end, for the program that started it: one line of JSON, times in microseconds.

local requests, last = {}, 0

function init(arguments)
    local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
    local lines = io.lines(arguments[1])
    local token = lines()
    if token ~= "" then
        headers["Authorization"] = "Bearer " .. token
    end
    for body in lines do
        requests[#requests + 1] = wrk.format("POST", nil, headers, body)
    end
end

function request()
    last = last % #requests + 1
    return requests[last]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"max":%d,"failed":%d,"refused":%d}\n',
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99), latency.max,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
