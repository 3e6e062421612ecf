package cosstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"cdrvault/archive"
)

// List hands the objects below prefix that come after the key after to yield. An error of yield ends it and is
// returned as it is.
func (s *Store) List(ctx context.Context, prefix, after string, yield func(archive.Object) error) error {
	for marker := after; ; {
		page, err := s.listPage(ctx, prefix, marker)
		if err != nil {
			return err
		}
		for _, o := range page.objects {
			if o.Key <= marker {
				continue // the marker itself is not wanted
			}
			if err := yield(o); err != nil {
				return err
			}
		}
		if page.next == "" {
			return nil
		}
		if page.next <= marker {
			return failure("list", prefix, errors.New("the listing does not move on"))
		}
		marker = page.next
	}
}

// page is one answer to a listing.
type page struct {
	objects []archive.Object
	next    string // where the next one begins; empty at the end
}

func (s *Store) listPage(ctx context.Context, prefix, marker string) (page, error) {
	var p page
	err := s.retry(ctx, "list", prefix, func() error {
		res, _, err := s.client.Bucket.Get(ctx, &cos.BucketGetOptions{
			Prefix:       prefix,
			Marker:       marker,
			MaxKeys:      archive.ListSize,
			EncodingType: "url", // XML cannot carry every key
		})
		if err != nil {
			return answerError("list", prefix, err)
		}
		if p, err = readPage(prefix, res); err != nil {
			return failure("list", prefix, err).again()
		}
		return nil
	})
	return p, err
}

func readPage(prefix string, res *cos.BucketGetResult) (page, error) {
	var p page
	for _, c := range res.Contents {
		key, err := decodeKey(c.Key, prefix, res.EncodingType)
		if err != nil {
			return page{}, err
		}
		modified, err := time.Parse(time.RFC3339, c.LastModified)
		if err != nil {
			return page{}, errors.New("time of an object cannot be read")
		}
		p.objects = append(p.objects, archive.Object{Key: key, Size: c.Size, ETag: c.ETag, Modified: modified})
	}
	if !res.IsTruncated {
		return p, nil
	}
	next, err := decodeKey(res.NextMarker, prefix, res.EncodingType)
	if next == "" && len(p.objects) > 0 {
		next = p.objects[len(p.objects)-1].Key
	}
	if next == "" && err == nil {
		err = errors.New("cut page without a next marker")
	}
	p.next = next
	return p, err
}

// decodeKey undoes the encoding that was asked for, where it was done: COS says so in its answer, and an encoded key
// does not begin with a prefix that has a slash.
func decodeKey(key, prefix, encoding string) (string, error) {
	if encoding != "url" && strings.HasPrefix(key, prefix) {
		return key, nil
	}
	decoded, err := cos.DecodeURIComponent(key)
	if err != nil {
		return "", errors.New("key of a listing cannot be read")
	}
	return decoded, nil
}
