package bucket

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
)

// apiError is a refusal in COS's words.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// The refusals, in COS's codes and statuses. A client should branch on none of the messages, which are ours, nor on
// the codes for a body that ends early, too much metadata and a token that is not the key's, which COS's documents
// leave open.
var (
	errBadDigest         = &apiError{400, "BadDigest", "The Content-MD5 you specified did not match what we received."}
	errInvalidDigest     = &apiError{400, "InvalidDigest", "The Content-MD5 you specified is not valid."}
	errEntityTooSmall    = &apiError{400, "EntityTooSmall", "A part that is not the last one is smaller than 1 MB."}
	errExpiredToken      = &apiError{400, "ExpiredToken", "The provided token has expired."}
	errIncompleteBody    = &apiError{400, "IncompleteBody", "The body ended before its announced length."}
	errInvalidPart       = &apiError{400, "InvalidPart", "A part was not found, or its number or ETag is not the one it was stored with."}
	errInvalidPartOrder  = &apiError{400, "InvalidPartOrder", "The parts are not in ascending order."}
	errKeyTooLong        = &apiError{400, "KeyTooLong", "The key is longer than 850 bytes."}
	errMalformedXML      = &apiError{400, "MalformedXML", "The XML you provided was not well-formed."}
	errMetadataTooLarge  = &apiError{400, "MetadataTooLarge", "The user-defined metadata is larger than 2 KB."}
	errAccessDenied      = &apiError{403, "AccessDenied", "Access Denied."}
	errRequestExpired    = &apiError{403, "AccessDenied", "Request has expired."}
	errWrongToken        = &apiError{403, "AccessDenied", "The security token does not belong to the access key."}
	errUnknownID         = &apiError{403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records."}
	errArchived          = &apiError{403, "InvalidObjectState", "The object has to be restored from its storage class first."}
	errTooSkewed         = &apiError{403, "RequestTimeTooSkewed", "The signature's time begins in the future."}
	errSignature         = &apiError{403, "SignatureDoesNotMatch", "The Signature you specified is invalid."}
	errUnsignedComponent = &apiError{403, "SignatureDoesNotMatch", "The host, an x-cos- header or a query parameter is not signed."}
	errNoSuchBucket      = &apiError{404, "NoSuchBucket", "The specified bucket does not exist."}
	errNoSuchKey         = &apiError{404, "NoSuchKey", "The specified key does not exist."}
	errNoSuchUpload      = &apiError{404, "NoSuchUpload", "The specified multipart upload does not exist."}
	errExists            = &apiError{409, "FileAlreadyExists", "The object already exists and x-cos-forbid-overwrite is set."}
	errNoLength          = &apiError{411, "MissingContentLength", "You must provide the Content-Length HTTP header."}
	errPrecondition      = &apiError{412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold."}
	errRange             = &apiError{416, "InvalidRange", "The requested range is not satisfiable."}
	errNotImplemented    = &apiError{501, "NotImplemented", "This bucket does not know the request."}
)

// invalid is a refusal of something that a request says.
func invalid(message string) error { return &apiError{400, "InvalidArgument", message} }

// refuse answers with err. What is no refusal of ours comes from the disk, and is the bucket's own failure.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *apiError
	switch {
	case errors.As(err, &e):
	case errors.Is(err, io.ErrUnexpectedEOF):
		e = errIncompleteBody
	default:
		e = &apiError{500, "InternalError", err.Error()}
	}
	Refuse(w, r, e.status, e.code, e.message)
}

// Refuse answers with an error in COS's form: XML, and a bare head for HEAD. It is the Refuse of a fault.Wire.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if w.Header().Get("X-Cos-Request-Id") == "" {
		announce(w)
	}
	id := w.Header().Get("X-Cos-Request-Id")
	w.Header().Set("X-Cos-Trace-Id", "trace-"+id)
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	writeXML(w, status, struct { // an error means that the client left
		XMLName                                     struct{} `xml:"Error"`
		Code, Message, Resource, RequestId, TraceId string
	}{Code: code, Message: message, Resource: r.Host + r.URL.Path, RequestId: id, TraceId: "trace-" + id})
}

// writeXML answers with a document.
func writeXML(w http.ResponseWriter, status int, doc any) error {
	body, err := xml.Marshal(doc)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	w.Write([]byte(xml.Header)) // an error of these two means that the client left
	w.Write(body)
	return nil
}
