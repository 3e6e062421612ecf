// Command echo is a function that does what its event says, well or badly.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

type event struct {
	Do   string
	Name string // of a variable
	Size int    // of an answer, in bytes
}

type brokenError struct{}

func (brokenError) Error() string { return "broken on purpose" }

func main() {
	if os.Getenv("FAIL") != "" {
		fmt.Println("no start without a reason")
		os.Exit(3)
	}
	if os.Getenv("_LAMBDA_SERVER_PORT") == "" {
		os.Exit(4)
	}
	cloudfunction.Start(handle)
}

func handle(ctx context.Context, e event) (any, error) {
	fc, _ := functioncontext.FromContext(ctx)
	switch e.Do {
	case "env":
		return []string{fc.Environment[e.Name], os.Getenv(e.Name)}, nil
	case "environ":
		return names(os.Environ()), nil
	case "context":
		return fc, nil
	case "deadline":
		at, _ := ctx.Deadline()
		return time.Until(at).Seconds(), nil
	case "pid":
		return os.Getpid(), nil
	case "large":
		return strings.Repeat("a", e.Size), nil
	case "error":
		return nil, brokenError{}
	case "panic":
		panic("panic on purpose")
	case "crash":
		go panic("crash on purpose")
		select {}
	case "exit":
		fmt.Println("exit on purpose")
		os.Exit(5)
	case "goexit":
		runtime.Goexit()
	case "hang":
		fmt.Println("hanging")
		select {}
	}
	return nil, errors.New("unknown event")
}

func names(env []string) (all []string) {
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		all = append(all, name)
	}
	return all
}
