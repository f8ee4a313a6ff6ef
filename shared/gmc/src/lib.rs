//! The GMC's SOAP service: the request, the streaming reader of its answer, the client.
