// Command echo is a function that does what its event says, well or badly.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

type event struct {
	Do   string
	Name string // of a variable, or of a file
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
	case "mark":
		return fc.RequestID, mark(e.Name, fc.RequestID)
	case "hang once":
		return nil, hangOnce(e.Name)
	}
	return nil, errors.New("unknown event")
}

// mark adds a line to a file.
func mark(name, line string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, line)
	return errors.Join(err, file.Close())
}

// hangOnce hangs unless an earlier run did: it has made the file. The file is locked for as long as the process lives.
func hangOnce(name string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	fmt.Println("hanging")
	select {}
}

func names(env []string) (all []string) {
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		all = append(all, name)
	}
	return all
}
