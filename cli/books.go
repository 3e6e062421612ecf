package cli

import (
	"context"

	"cdrvault/archive"
)

// lake is books: the manifests of the bucket, and the answers that runs filed there.
type lake struct {
	archive *archive.Archiver
	request archive.Request
	last    *archive.Backlog // what need not be read again
}

// newBooks are the books of what was cut from the range of q.
func newBooks(a *archive.Archiver, q archive.Request, cut *archive.Report) books {
	first := cut.Next[0]
	q.Now, q.Shares = first.Now, first.Share.Of // the cut may have fewer shares than were asked for
	return &lake{archive: a, request: q}
}

func (l *lake) look(ctx context.Context) (standing, error) {
	b, err := l.archive.Backlog(ctx, l.request, l.last)
	if err != nil {
		return standing{}, err
	}
	l.last = b
	now := standing{calls: b.Calls, files: b.Files, bytes: b.Bytes, owed: b.Owed, lost: b.Lost}
	for _, s := range b.Shares {
		now.left = append(now.left, s.Left)
		now.owing += s.Owing
	}
	return now, nil
}

// ended tells of the runs that filed an answer. One that found nothing to do files none, and leaves nothing.
func (l *lake) ended(ctx context.Context, ids []string) (map[string]runEnd, error) {
	answers, err := l.archive.Answers(ctx, l.request.Now, ids)
	ended := map[string]runEnd{}
	for id, answer := range answers {
		ended[id] = runEnd{done: !answer.Failed, rest: answer.Rest, why: answer.Error, filed: answer.Filed}
	}
	return ended, err
}
