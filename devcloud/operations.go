package devcloud

import (
	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/platform"
)

// Operations are the names by which a script of faults finds what is done in a cloud: at the contact center, in the bucket and on the
// platform.
var Operations = struct{ Center, Bucket, Platform []string }{
	center.Operations, bucket.Operations, []string{"RequestInvoke", platform.OperationDeliver, platform.Operation},
}
