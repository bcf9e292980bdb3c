"""The transport: hosts, secrets, retries and downloads that resume.

`session` decides which addresses may be requested and holds the connection; `retry` waits its turn at
a host and words the errors; `transfer` receives one file over as many attempts as it takes;
`download` has the `Client` that every protocol uses.
"""
