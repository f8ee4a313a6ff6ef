//! A GMC web service that answers as its WSDL says, with faults on demand.
