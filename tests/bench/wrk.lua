-- What wrk sends: the bodies of a file, one a line, in turn; the file's first line is the access token, or empty. In a body that
-- writes, eighteen `#` are another number each time. Where a second file is given, its first line is a pattern of what an answer
-- holds, and its second the body that is sent next for it, with that in the place of `@CODE`.
-- What it says at the end, for the program that started it: one line of JSON, times in microseconds.

local NUMBER = string.rep("#", 18)
local requests, last, sent, numbered = {}, 0, 0, false
local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
local follows, found_by, found = nil, nil, {}
-- No two runs of one second are of the same bodies.
local run = os.time()

local function post(body)
    return wrk.format("POST", nil, headers, body)
end

function init(arguments)
    local lines = io.lines(arguments[1])
    local token = lines()
    if token ~= "" then
        headers["Authorization"] = "Bearer " .. token
    end
    for body in lines do
        numbered = numbered or body:find(NUMBER, 1, true) ~= nil
        requests[#requests + 1] = post(body)
    end
    if arguments[2] then
        local chain = io.lines(arguments[2])
        found_by, follows = chain(), chain()
        -- Answers are looked at only where something follows from them.
        response = function(_status, _headers, body)
            local code = body:match(found_by)
            if code then
                found[#found + 1] = code
            end
        end
    end
end

function request()
    local code = table.remove(found)
    if code then
        return post((follows:gsub("@CODE", code)))
    end
    last = last % #requests + 1
    if numbered then
        sent = sent + 1
        return (requests[last]:gsub(NUMBER, string.format("%010d%08d", run, sent)))
    end
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
