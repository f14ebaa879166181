local function fannkuch(n)
  local p, q, s, sign, maxflips, sum = {}, {}, {}, 1, 0, 0
  for i = 1, n do p[i] = i; q[i] = i; s[i] = i end
  repeat
    local q0 = p[1]
    if q0 ~= 1 then
      for i = 2, n do q[i] = p[i] end
      local flips = 1
      repeat
        local qq = q[q0]
        if qq == 1 then sum = sum + sign * flips; if flips > maxflips then maxflips = flips end; break end
        q[q0] = q0
        if q0 >= 4 then
          local i, j = 2, q0 - 1
          repeat q[i], q[j] = q[j], q[i]; i = i + 1; j = j - 1 until i >= j
        end
        q0 = qq; flips = flips + 1
      until false
    end
    if sign == 1 then p[1], p[2] = p[2], p[1]; sign = -1
    else
      p[2], p[3] = p[3], p[2]; sign = 1
      for i = 3, n do
        local sx = s[i]
        if sx ~= 1 then s[i] = sx - 1; break end
        if i == n then return sum, maxflips end
        s[i] = i
        local t = p[1]; for j = 1, i do p[j] = p[j + 1] end; p[i + 1] = t
      end
    end
  until false
end
print(fannkuch(7))
local x, t = 0.5, {}
for i = 1, 300000 do x = 3.7 * x * (1 - x); t[i % 1000 + 1] = x end
local h = {}
for i = 1, 60000 do h['k' .. (i % 500)] = i end
local n = 0
for _, v in pairs(h) do n = n + v end
print(string.format('%.12f %d', t[1], n))
local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a * i) end return 'end' end)
print(co(1), co(2), co(3), co(4))
print(pcall(error, {1}), select('#', pcall(string.rep)), ("x"):rep(3, ","))
print(math.floor(-2.5), math.sin(1), 1e15, 2^53, 7 % -3, -7 % 3, ("%5.2f|%x"):format(math.pi, 255))
print(("the quick fox"):gsub("%w+", string.upper), ("key=val"):match("(%w+)=(%w+)"))
