-- A server whose answer is what stands behind the question mark.
return {
  greet = function() end,
  request = function(_, token, path)
    return ("GET %s?%s HTTP/1.1\r\nHost: localhost\r\n\r\n"):format(path, token)
  end,
  answer = function(text)
    local head, body = text:match "^(.-\r\n)\r\n(.*)$"
    local length = head and tonumber(head:lower():match "\ncontent%-length: *(%d+)\r")
    if not head or length and #body < length then return end
    if not length or not head:find "^HTTP/1.1 200 " then return head, "" end
    return body:sub(1, length), body:sub(length + 1)
  end,
  asker = function(session) return session end,
}
