"""The transport: hosts, secrets, retries and downloads that resume.

`session` decides which addresses may be requested; `patience` holds the connections, and hangs up on a
server that is endlessly slow; `retry` waits its turn at a host and words the errors; `body` receives the
body of an answer, `transfer` one file over as many attempts as it takes; `masking` hides keys and
passwords; `download` has the `Client` that every protocol uses.
"""
