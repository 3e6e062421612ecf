package cosstore

import (
	"context"
	"errors"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
)

// AbortUploads removes the uploads in parts below prefix that were started before olderThan and never completed:
// what killed runs leave, paid for but not listed. It answers with their number. The role needs
// name/cos:ListMultipartUploads on the prefix (document 436/30580). One upload that cannot be removed does not keep the others.
func (s *Store) AbortUploads(ctx context.Context, prefix string, olderThan time.Time) (int, error) {
	var (
		aborted int
		errs    []error
		next    = &cos.ListMultipartUploadsOptions{Prefix: prefix, MaxUploads: archive.ListSize}
	)
	for next != nil {
		res, err := s.listUploads(ctx, next)
		if err != nil {
			return aborted, errors.Join(append(errs, err)...)
		}
		for _, u := range res.Uploads {
			started, err := time.Parse(time.RFC3339, u.Initiated)
			if err != nil || !started.Before(olderThan) {
				continue // an odd time is no reason to destroy anything
			}
			if err := s.abortUpload(ctx, u.Key, u.UploadID); err != nil {
				errs = append(errs, err)
				continue
			}
			aborted++
		}
		next = nextUploads(next, res)
	}
	return aborted, errors.Join(errs...)
}

func (s *Store) listUploads(ctx context.Context, o *cos.ListMultipartUploadsOptions) (*cos.ListMultipartUploadsResult, error) {
	const op = "list uploads"
	var res *cos.ListMultipartUploadsResult
	err := s.retry(ctx, op, o.Prefix, func() (err error) {
		if res, _, err = s.client.Bucket.ListMultipartUploads(ctx, o); err != nil {
			return answerError(op, o.Prefix, err)
		}
		return nil
	})
	return res, err
}

// nextUploads asks for the page after res; nil where there is none, or where the listing would not move on.
func nextUploads(last *cos.ListMultipartUploadsOptions, res *cos.ListMultipartUploadsResult) *cos.ListMultipartUploadsOptions {
	moved := res.NextKeyMarker != last.KeyMarker || res.NextUploadIDMarker != last.UploadIDMarker
	if !res.IsTruncated || !moved {
		return nil
	}
	next := *last
	next.KeyMarker, next.UploadIDMarker = res.NextKeyMarker, res.NextUploadIDMarker
	return &next
}
