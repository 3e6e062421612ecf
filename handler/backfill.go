package handler

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cdrvault/archive"
)

// The fields that say which portion of a backfill a run is to do.

func (f field) order() (archive.Order, error) {
	s, err := f.text()
	if order := archive.Order(s); err == nil && slices.Contains(archive.Orders, order) {
		return order, nil
	}
	return "", f.refuse("want one of " + list(archive.Orders))
}

// number takes whole numbers without a fraction or an exponent.
func (f field) number(least, most int) (int, error) {
	if n, err := strconv.Atoi(string(f.value)); err == nil && least <= n && n <= most {
		return n, nil
	}
	return 0, f.refuse(fmt.Sprintf("want a whole number from %d to %d", least, most))
}

var shareForm = regexp.MustCompile(`^([1-9][0-9]{0,2})/([1-9][0-9]{0,2})$`)

func (f field) share() (archive.Share, error) {
	s, err := f.text()
	if m := shareForm.FindStringSubmatch(s); err == nil && m != nil {
		number, _ := strconv.Atoi(m[1]) // the form allows nothing else
		of, _ := strconv.Atoi(m[2])
		if number <= of && of <= archive.MostShares {
			return archive.Share{Number: number, Of: of}, nil
		}
	}
	return archive.Share{}, f.refuse(fmt.Sprintf("want a share such as 3/8, of at most %d", archive.MostShares))
}

var wantSlices = fmt.Sprintf(`want an object of windows and numbers from 1 to %d, like {"1400000000/2026-11-21T09:00:00+08:00": 12}`,
	archive.MostSlices)

// slices takes an object. A window is told by its application and its start, or, by older versions, by its start alone; the archive
// knows whether it is one.
func (f field) slices() (map[string]int, error) {
	windows, err := readObject(f.value)
	if err != nil || len(windows) == 0 {
		return nil, f.refuse(wantSlices)
	}
	if unique(windows) != nil {
		return nil, f.refuse("a window is listed twice")
	}
	cut := map[string]int{}
	for _, w := range windows {
		_, errTime := time.Parse(time.RFC3339, w.name[strings.LastIndexByte(w.name, '/')+1:])
		n, errNumber := w.number(1, archive.MostSlices)
		if errTime != nil || errNumber != nil {
			return nil, f.refuse(wantSlices)
		}
		cut[w.name] = n
	}
	return cut, nil
}
