package handler

import (
	"cmp"
	"context"
)

// Target names a function as the platform's API does.
type Target struct {
	Region    string // as in ap-guangzhou
	Namespace string
	Function  string
	Qualifier string // a version or an alias
}

// Invoker puts events into the queue of one function.
type Invoker interface {
	// Invoke returns when the platform has taken the event, with the request id of its run. From then on the event is run at
	// least once: the platform tries again after an error and while too many instances are busy, and may deliver twice. After
	// an error, nobody knows whether it was taken. Implementations try transient faults again and are safe for concurrent
	// use; their errors carry the platform's code and request id, and no key.
	Invoke(ctx context.Context, event []byte) (requestID string, err error)
	// Close gives up the connections.
	Close()
}

// target is the function that this invocation is of, at the same version: a run and what goes on with its rest understand each
// other. Where the library's context is empty, the variables of the platform may tell.
func (in *invocation) target() Target {
	return Target{
		Region:    in.get("TENCENTCLOUD_REGION"),
		Namespace: cmp.Or(in.fc.Namespace, in.get("SCF_NAMESPACE"), "default"),
		Function:  cmp.Or(in.fc.FunctionName, in.get("SCF_FUNCTIONNAME")),
		Qualifier: cmp.Or(in.fc.FunctionVersion, in.get("SCF_FUNCTIONVERSION"), "$LATEST"),
	}
}
