package config

import (
	"errors"
	"slices"
	"time"
)

// maxSettle is how far back the API can be asked: https://cloud.tencent.com/document/product/1270/47714.
const maxSettle = 180 * 24 * time.Hour

// windowLengths divide an hour, or are one, so that a window never crosses an hour's partition.
var windowLengths = []string{"5m", "10m", "15m", "20m", "30m", "1h"}

func windowLength(value string) (time.Duration, error) {
	if !slices.Contains(windowLengths, value) {
		return 0, errors.New("not a length that windows may have")
	}
	return time.ParseDuration(value)
}

func settle(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil {
		return 0, errors.New("not a duration") // the cause would repeat the value
	}
	if d < 0 || d > maxSettle {
		return 0, errors.New("out of range")
	}
	return d, nil
}

// Zones are judged over these years: all that the API still holds, and all that this archive will see for long.
var (
	zonesFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	zonesTo   = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

// fixedZone takes a zone only where every day has 24 hours that begin with UTC's: elsewhere a partition would be
// missing, doubled, or cut by a window.
func fixedZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, errors.New("not a known zone")
	}
	_, offset := zonesFrom.In(zone).Zone()
	if offset%3600 != 0 {
		return nil, errors.New("its offset is not whole hours")
	}
	for t := zonesFrom.In(zone); t.Before(zonesTo); {
		_, end := t.ZoneBounds()
		if end.IsZero() || !end.Before(zonesTo) {
			break
		}
		if _, o := end.Zone(); o != offset {
			return nil, errors.New("its offset changes")
		}
		t = end
	}
	return zone, nil
}

// setStart needs the zone for a bare date. Where ARCHIVE_TIMEZONE is wrong, that is the problem to report, and UTC
// serves to check the date.
func setStart(c *Config, value string) error {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil {
		t, err = time.Parse(time.RFC3339, value)
	}
	if err != nil {
		return errors.New("neither a date nor a time") // the cause would repeat the value
	}
	if t.Year() < 2000 {
		return errors.New("before the year 2000")
	}
	c.Start = t.UTC()
	return nil
}
