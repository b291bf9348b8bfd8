-- The name of a set's only row, by the set's own classifier; nil if there are more.

local partition = require "heapy.partition"

return function(set)
  return (partition.name(set, partition.classifier(set)))
end
