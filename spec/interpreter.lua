--- The interpreter that runs this, as it was called: for specs that start another.

local i = -1
while arg[i - 1] do i = i - 1 end
return arg[i]
