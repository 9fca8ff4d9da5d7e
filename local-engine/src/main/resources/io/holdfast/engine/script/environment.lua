-- What scripts see of Lua: Redis's allow-list, in tables that cannot be changed. Run once, before any script, with the
-- functions that are written in Java; returns what the engine calls.
--
--   script ──► environment (empty, so every write is met by __newindex) ──► globals ──► error for what is not there
--              string, redis … (empty likewise) ──► the functions

local java = ...

local error, getmetatable, next, rawget, rawset, select, setfenv, setmetatable, tostring, type =
    error, getmetatable, next, rawget, rawset, select, setfenv, setmetatable, tostring, type
local protected_call, loadstring, newproxy = pcall, loadstring, newproxy
local find, concat, getinfo, sethook = string.find, table.concat, debug.getinfo, debug.sethook

local READONLY = 'Attempt to modify a readonly table'
local NONEXISTENT = "Script attempted to access nonexistent global variable '"
local BINARY = '\27'

local behind = setmetatable({}, { __mode = 'k' }) -- a readonly table → what it shows

local function refuse_write()
    error(READONLY, 2)
end

local function refuse_read(_, name)
    error(NONEXISTENT .. tostring(name) .. "'", 2)
end

-- `shown` is what getmetatable gives for it.
local function readonly(content, shown)
    local empty = setmetatable({}, { __index = content, __newindex = refuse_write, __metatable = shown or false })
    behind[empty] = content
    return empty
end

local function pick(from, names)
    local picked = {}
    for name in names:gmatch('%S+') do
        picked[name] = from[name]
    end
    return picked
end

local function name_of(...)
    return select('#', ...) == 0 and 'no value' or type((...))
end

local function check_table(name, ...)
    if type((...)) ~= 'table' then
        error("bad argument #1 to '" .. name .. "' (table expected, got " .. name_of(...) .. ')', 3)
    end
end

-- ---- functions that have to look behind readonly tables

local function next_behind(empty, key)
    return next(behind[empty], key)
end

local function pairs_of(...)
    local t = ...
    if behind[t] then
        return next_behind, t, nil
    end
    check_table('pairs', ...)
    return next, t, nil
end

local function rawget_of(...)
    check_table('rawget', ...)
    local t, key = ...
    return rawget(behind[t] or t, key)
end

local function rawset_of(...)
    check_table('rawset', ...)
    local t, key, value = ...
    if behind[t] then
        error(READONLY, 0)
    end
    return rawset(t, key, value)
end

local function setmetatable_of(...)
    check_table('setmetatable', ...)
    local t, meta = ...
    if behind[t] then
        error(READONLY, 0)
    end
    if select('#', ...) < 2 or (meta ~= nil and type(meta) ~= 'table') then
        error("bad argument #2 to 'setmetatable' (nil or table expected)", 2)
    end
    -- A table that cannot be changed has no finalizer to call, and scripts can make nothing else.
    return setmetatable(t, meta)
end

-- ---- errors

-- An error of a command is a table, of which pcall hands out the text alone, for scripts written before Redis 7.
local function text_of_error(ok, problem, ...)
    if not ok and type(problem) == 'table' then
        local text = rawget(problem, 'err')
        if type(text) == 'string' then
            return false, text
        end
    end
    return ok, problem, ...
end

local function pcall_of(...)
    return text_of_error(protected_call(...))
end

-- Says where an error came from: the innermost function of the script.
local function handler(problem)
    if type(problem) ~= 'table' then
        problem = { err = 'ERR ' .. tostring(problem) }
    elseif getmetatable(problem) ~= nil then
        problem = { err = rawget(problem, 'err') }
    end
    for level = 2, 20 do
        local info = getinfo(level, 'Sl')
        if not info then
            break
        end
        if info.what ~= 'C' and info.what ~= 'tail' and info.source ~= '=holdfast' then
            problem.source = info.source
            problem.line = tostring(info.currentline)
            break
        end
    end
    return problem
end

-- ---- code made at run time

local environment

local function loadstring_of(...)
    local text, name = ...
    if type(text) ~= 'string' and type(text) ~= 'number' then
        error("bad argument #1 to 'loadstring' (string expected, got " .. name_of(...) .. ')', 2)
    end
    if find(text, BINARY, 1, true) == 1 then
        return nil, 'attempt to load a binary chunk'
    end
    local made, problem = loadstring(text, name or text)
    return made and setfenv(made, environment), problem
end

local function load_of(...)
    local pieces, name = ...
    if type(pieces) ~= 'function' then
        error("bad argument #1 to 'load' (function expected, got " .. name_of(...) .. ')', 2)
    end
    local all = {}
    while true do
        local piece = pieces()
        if piece == nil or piece == '' then
            break
        elseif type(piece) ~= 'string' then
            return nil, 'reader function must return a string'
        end
        all[#all + 1] = piece
    end
    return loadstring_of(concat(all), name or '=(load)')
end

-- ---- coroutines, which the time budget must follow

local function hooked(thread)
    sethook(thread, java.hook, '', java.hook_instructions)
    return thread
end

local create, resume = coroutine.create, coroutine.resume

local function create_of(body)
    if type(body) ~= 'function' then
        error("bad argument #1 to 'create' (Lua function expected)", 2)
    end
    return hooked(create(body))
end

local function results_of(ok, problem, ...)
    if not ok then
        error(problem, type(problem) == 'string' and 3 or 0)
    end
    return problem, ...
end

local function wrap_of(body)
    if type(body) ~= 'function' then
        error("bad argument #1 to 'wrap' (Lua function expected)", 2)
    end
    local thread = hooked(create(body))
    return function(...)
        return results_of(resume(thread, ...))
    end
end

-- ---- memory: scripts may ask for a collection, but not stop it

local COLLECT = { collect = true, count = true }
local IGNORED = { stop = true, restart = true, step = true, setpause = true, setstepmul = true }
local collectgarbage = collectgarbage

local function collectgarbage_of(option)
    if option == nil or COLLECT[option] then
        return collectgarbage(option)
    elseif IGNORED[option] then
        return 0
    end
    error("bad argument #1 to 'collectgarbage' (invalid option '" .. tostring(option) .. "')", 2)
end

-- After each collection the next sentinel is collected, and Java asked whether too much is left.
local sentinel = newproxy(true)
getmetatable(sentinel).__gc = function()
    newproxy(sentinel)
    java.collected()
end
newproxy(sentinel)

-- ---- libraries

local strings = pick(string, 'byte char dump find format gfind gmatch gsub len lower match rep reverse sub upper')
local string_library = readonly(strings)
local meta_of_strings = getmetatable('')
meta_of_strings.__index = strings
meta_of_strings.__metatable = readonly({ __index = string_library })

local mathematics = pick(math, 'abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 '
    .. 'max min mod modf pi pow rad sin sinh sqrt tan tanh')
mathematics.random = java.random
mathematics.randomseed = java.randomseed

local coroutines = pick(coroutine, 'resume running status yield')
coroutines.create = create_of
coroutines.wrap = wrap_of

local function globals_with(redis, more)
    local globals = pick(_G, 'assert error gcinfo getmetatable ipairs next rawequal select tonumber tostring type unpack '
        .. 'xpcall _VERSION')
    globals.string = string_library
    globals.table = readonly(pick(table, 'concat foreach foreachi getn insert maxn remove setn sort'))
    globals.math = readonly(mathematics)
    globals.coroutine = readonly(coroutines)
    for name, library in next, java.libraries do
        globals[name] = readonly(library)
    end
    globals.pairs, globals.rawget, globals.rawset, globals.setmetatable = pairs_of, rawget_of, rawset_of, setmetatable_of
    globals.pcall, globals.load, globals.loadstring = pcall_of, load_of, loadstring_of
    globals.collectgarbage = collectgarbage_of
    globals.redis = readonly(redis)
    for name, value in next, more do
        globals[name] = value
    end
    return globals
end

local meta_of_globals = readonly({ __index = refuse_read })

local function environment_of(globals)
    setmetatable(globals, { __index = refuse_read })
    local made = readonly(globals, meta_of_globals)
    rawset(globals, '_G', made)
    return made
end

local script_globals = globals_with(java.redis, { KEYS = {}, ARGV = {}, __redis__err__handler = handler })
environment = environment_of(script_globals)

local function redis_without(...)
    local rest = {}
    for name, value in next, java.redis do
        rest[name] = value
    end
    for i = 1, select('#', ...) do
        rest[select(i, ...)] = nil
    end
    return rest
end

local function_globals = globals_with(redis_without('replicate_commands', 'breakpoint', 'debug'), {})
environment_of(function_globals)

-- While a library is loaded it can register functions and little else; afterwards the same functions see all.
local loading_redis = readonly(setmetatable(
    pick(java.redis, 'log LOG_DEBUG LOG_VERBOSE LOG_NOTICE LOG_WARNING REDIS_VERSION REDIS_VERSION_NUM'),
    { __index = refuse_read }))
rawset(behind[loading_redis], 'register_function', java.register_function)
local loading_globals = { redis = loading_redis }
local loading = environment_of(loading_globals)

local function library_environment(body)
    local meta = { __index = loading_globals, __newindex = refuse_write, __metatable = meta_of_globals }
    local made = setmetatable({}, meta)
    behind[made] = function_globals
    setfenv(body, made)
    return function()
        meta.__index = function_globals
    end
end

local function script_environment(body)
    return setfenv(body, environment)
end

-- table.insert does not ask whether a table may be changed: what it left in one is dropped when memory runs short.
local function tidy()
    for empty in next, behind do
        for key in next, empty do
            rawset(empty, key, nil)
        end
    end
end

sethook(java.hook, '', java.hook_instructions)

-- What is left in Lua's own globals could only be reached by mistake.
local globals_of_lua = _G
for name in next, globals_of_lua do
    rawset(globals_of_lua, name, nil)
end

return handler, script_globals, script_environment, library_environment, tidy, function(instructions)
    sethook(java.hook, '', instructions)
end
