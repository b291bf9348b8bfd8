-- A server that sends each line back.
return {
  greet = function() end,
  request = function(_, token) return token .. "\n" end,
  answer = function(text) return text:match "^(.-)\r?\n(.*)$" end,
  asker = function(session) return session end,
}
