package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cdrvault/devcloud"
	"cdrvault/devcloud/fault"
)

const faultsHelp = `A script of faults, for --faults of devcloud and invoke, is a JSON file with rules. A rule
says which requests it is about and what happens to them; the first that fires decides:

  {"rules": [{"match": {"operation": "PutObject", "path": "/cdr/*", "after": 5, "times": 3},
              "action": {"kind": "refuse", "status": 503, "code": "SlowDown"}}]}

match takes, and what is left out chooses all:
  operation  a name from below, or a pattern: * is any text, ? one byte
  method     GET, PUT, ...
  path       a pattern for the decoded path
  after      so many pass first
  every      of the others only each nth
  times      so many faults at most
  chance     of those that are left only this share (0.2), as seed decides (a number)

action takes a kind, and what that kind needs:
  refuse  answers status (200 to 599) with the server's own error: code, message, header
  page    answers status with an HTML page, as a proxy would: header
  drop    ends the connection without an answer
  cut     ends it after bytes (a number) of the answer
  slow    waits delay ("1.5s"), then passes bodies at rate (bytes a second)
  alter   answers rightly, but with the fields of header
  hang    takes the request and says nothing
  expire  treats the credentials as expired
  double  does it twice, the second time delay after the first
"applied": true lets the server do its work before refuse, page and drop.

Operations of the contact center, and of the bucket by COS's names:
%s
%s

Operations of the platform, in the order in which an event meets them:
  RequestInvoke  the request to its API that brings an event: every kind
  Deliver        an asynchronous event on its way from the queue to a run, once for each:
                 drop (it never runs), double and slow
  Invoke         a run of the function, each try for itself: refuse, cut, slow, hang, expire,
                 and drop (the process is killed, delay into the run; with applied after it)`

// faults is a topic of the help: it is no command.
func (p Program) faults() *cobra.Command {
	return &cobra.Command{
		Use:   "faults",
		Short: "How a script of faults is written",
		Long:  fmt.Sprintf(faultsHelp, inLines(devcloud.Operations.Center), inLines(devcloud.Operations.Bucket)),
	}
}

// inLines lists names, a few on each line.
func inLines(names []string) string {
	var lines []string
	for few := range slices.Chunk(names, 5) {
		lines = append(lines, "  "+strings.Join(few, " "))
	}
	return strings.Join(lines, "\n")
}

// readFaults reads a script of faults; no file is no script.
func readFaults(name string) (*fault.Script, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", err)
	}
	defer file.Close()
	script, err := fault.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("--faults: %s: %w", name, err)
	}
	known := slices.Concat(devcloud.Operations.Center, devcloud.Operations.Bucket, devcloud.Operations.Platform)
	if strange := script.Strange(known); len(strange) > 0 {
		return nil, fmt.Errorf("--faults: %s: no operation %q; there are %s", name, strange[0], strings.Join(known, ", "))
	}
	return script, nil
}
