package archive

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// queue feeds jobs to a bounded number of workers. It holds as many jobs as come: a page that is being read never
// waits for a file that is being copied.
type queue[T any] struct {
	work    func(T)
	limit   int
	mu      sync.Mutex
	waiting []T
	running int
	idle    sync.WaitGroup
	err     error
}

func newQueue[T any](limit int, work func(T)) *queue[T] {
	return &queue[T]{work: work, limit: max(limit, 1)}
}

// add hands a job to a worker, and starts one where fewer than the limit are at work.
func (q *queue[T]) add(job T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, job)
	if q.running < q.limit {
		q.running++
		q.idle.Add(1)
		go q.run()
	}
}

// run works until nothing waits. A panic in a job is that job's failure, and the queue's error.
func (q *queue[T]) run() {
	defer q.idle.Done()
	for {
		job, ok := q.next()
		if !ok {
			return
		}
		if err := guard(func() error { q.work(job); return nil }); err != nil {
			q.mu.Lock()
			q.err = err
			q.mu.Unlock()
		}
	}
}

func (q *queue[T]) next() (job T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		return job, false
	}
	job = q.waiting[0]
	q.waiting = q.waiting[1:]
	return job, true
}

// wait returns once every job that was added has ended.
func (q *queue[T]) wait() error {
	q.idle.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// together runs fs side by side and returns once all of them have ended.
func together(fs ...func() error) error {
	errs := make([]error, len(fs))
	var running sync.WaitGroup
	for i, f := range fs {
		running.Go(func() { errs[i] = guard(f) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// inBackground gives what lets f begin, and what waits for its result, having let it begin if nobody has.
func inBackground[T any](f func() T) (begin func(), result func() T) {
	var got T
	ended := make(chan struct{})
	begin = sync.OnceFunc(func() {
		go func() {
			defer close(ended)
			_ = guard(func() error { got = f(); return nil }) // without its result, f found nothing
		}()
	})
	return begin, func() T { begin(); <-ended; return got }
}

// guard runs f and turns a panic into an error: a panic in a goroutine of its own would end the process, and with it
// every other file of the run.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{what: fmt.Sprintf("%T", p), stack: debug.Stack()}
		}
	}()
	return f()
}

// panicError is a panic that was caught. Its text names the type of the panic's value, not the value, which may hold
// anything.
type panicError struct {
	what  string
	stack []byte
}

func (e *panicError) Error() string { return "internal error: panic of type " + e.what }

// Stack is where it happened, for the log.
func (e *panicError) Stack() string { return string(e.stack) }
