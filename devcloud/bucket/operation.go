package bucket

import "net/http"

// The operations, under the names that COS's access rules have for them (cos:PutObject).
const (
	PutObject               = "PutObject"
	PutObjectCopy           = "PutObjectCopy"
	GetObject               = "GetObject"
	HeadObject              = "HeadObject"
	DeleteObject            = "DeleteObject"
	InitiateMultipartUpload = "InitiateMultipartUpload"
	UploadPart              = "UploadPart"
	ListParts               = "ListParts"
	CompleteMultipartUpload = "CompleteMultipartUpload"
	AbortMultipartUpload    = "AbortMultipartUpload"
	ListMultipartUploads    = "ListMultipartUploads"
	GetBucket               = "GetBucket" // the listing of objects
	HeadBucket              = "HeadBucket"
	GetBucketVersioning     = "GetBucketVersioning"
	Unsupported             = "Unsupported" // whatever the bucket does not know
)

// Operations are all that the bucket knows.
var Operations = []string{PutObject, PutObjectCopy, GetObject, HeadObject, DeleteObject, InitiateMultipartUpload, UploadPart, ListParts,
	CompleteMultipartUpload, AbortMultipartUpload, ListMultipartUploads, GetBucket, HeadBucket, GetBucketVersioning}

// subresources are the query names that turn a request into another one than its method and path say.
var subresources = []string{
	"acl", "append", "cors", "delete", "domain", "encryption", "inventory", "lifecycle", "location", "logging",
	"object-lock", "policy", "referer", "replication", "restore", "retention", "select", "symlink", "tagging",
	"versionId", "versions", "website",
}

// Operation names what a request asks for.
func Operation(r *http.Request) string {
	q := r.URL.Query()
	for _, name := range subresources {
		if q.Has(name) {
			return Unsupported
		}
	}
	if r.URL.Path == "/" || r.URL.Path == "" {
		return bucketOperation(r.Method, q.Has("uploads"), q.Has("versioning"))
	}
	switch {
	case q.Has("uploads"):
		return byMethod(r.Method, "POST", InitiateMultipartUpload)
	case q.Has("uploadId"):
		return uploadOperation(r)
	}
	return objectOperation(r)
}

func bucketOperation(method string, uploads, versioning bool) string {
	switch {
	case uploads:
		return byMethod(method, "GET", ListMultipartUploads)
	case versioning:
		return byMethod(method, "GET", GetBucketVersioning)
	case method == "HEAD":
		return HeadBucket
	}
	return byMethod(method, "GET", GetBucket)
}

func uploadOperation(r *http.Request) string {
	switch r.Method {
	case "PUT":
		if r.Header.Get("X-Cos-Copy-Source") != "" {
			return Unsupported
		}
		return UploadPart
	case "GET":
		return ListParts
	case "POST":
		return CompleteMultipartUpload
	}
	return byMethod(r.Method, "DELETE", AbortMultipartUpload)
}

func objectOperation(r *http.Request) string {
	switch r.Method {
	case "PUT":
		if r.Header.Get("X-Cos-Copy-Source") != "" {
			return PutObjectCopy
		}
		return PutObject
	case "GET":
		return GetObject
	case "HEAD":
		return HeadObject
	}
	return byMethod(r.Method, "DELETE", DeleteObject)
}

// byMethod is op where the method is the one that it takes.
func byMethod(method, want, op string) string {
	if method == want {
		return op
	}
	return Unsupported
}
