// Package devcloud is the cloud on a laptop: a contact center with made-up calls and a COS bucket on disk, both behind
// real HTTP on loopback, with signatures and temporary keys checked. The demo and the end-to-end tests run against it,
// so that the official SDKs are always in the path.
//
// It promises that whoever uses what Settings hands out reaches both servers as in the cloud, and that everything else
// is refused as there. It knows nothing of the archive: what the archive should do with these calls is not known here.
// The third part of the cloud, the platform that runs the function, is the package platform below.
package devcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/fault"
)

// What a cloud has where Options does not say otherwise.
const (
	App   = "1400000000"      // the application
	Name  = "lake-1250000000" // the bucket
	Limit = 20                // requests a second to the API, as the document of DescribeTelCdr says
)

// Options describes a cloud. Dir is required; the zero value of every other field means its default.
type Options struct {
	Dir    string           // where the bucket is kept; made if absent, served again if it has objects
	Apps   []string         // applications; App
	World  calls.World      // the calls of every application; its field App is ignored
	First  time.Time        // the first day that has calls; the day before Now
	Days   int              // how many days on end have calls; 1, negative: none, for whoever adds calls by hand
	Now    func() time.Time // the clock of the world: calls, transcripts, links, objects. Signatures follow time.Now
	Faults *fault.Script    // in front of both servers; Operation tells them apart
	Port   int              // of the contact center; the bucket has the next one. 0: any two

	// Center and Bucket say what else is different. Credentials, clocks, applications, folder are the cloud's own and
	// ignored here; a RateLimit of 0 is Limit, a negative one none.
	Center center.Options
	Bucket bucket.Options
}

// Cloud is a running cloud. The caller closes it.
type Cloud struct {
	o       Options
	keys    keyring
	center  *center.Center
	bucket  *bucket.Bucket
	api     *server
	storage *server
}

// Start makes the calls, opens the bucket and serves both. ctx is for the start alone.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	c := &Cloud{o: o.withDefaults()}
	c.keys.renew()
	if err := c.build(); err != nil {
		return nil, fmt.Errorf("start devcloud: %w", err)
	}
	if err := c.serve(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("start devcloud: %w", err)
	}
	return c, nil
}

func (o Options) withDefaults() Options {
	if len(o.Apps) == 0 {
		o.Apps = []string{App}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.First.IsZero() {
		o.First = o.Now().AddDate(0, 0, -1)
	}
	if o.Faults == nil {
		o.Faults = &fault.Script{}
	}
	o.Days = cmp.Or(o.Days, 1)
	o.Center.RateLimit = max(0, cmp.Or(o.Center.RateLimit, Limit))
	o.Bucket.Name = cmp.Or(o.Bucket.Name, Name)
	return o
}

// build makes both services.
func (c *Cloud) build() (err error) {
	o := c.o.Center
	o.Apps, o.Credentials, o.Now, o.Wall = c.o.Apps, c.keys.find, c.o.Now, time.Now
	c.center = center.New(o)
	for _, app := range c.o.Apps {
		world := c.o.World
		world.App = app
		c.center.Add(world.Days(c.o.First, c.o.Days)...)
	}
	b := c.o.Bucket
	b.Dir, b.Credentials, b.Now, b.SignedAt = c.o.Dir, c.keys.find, c.o.Now, time.Now
	c.bucket, err = bucket.New(b)
	return err
}

// serve puts both services on ports of loopback.
func (c *Cloud) serve(ctx context.Context) (err error) {
	ports := [2]int{c.o.Port, c.o.Port}
	if c.o.Port != 0 {
		ports[1]++
	}
	c.api, err = listen(ctx, ports[0], c.o.Faults.Wrap(c.center, fault.Wire{
		Operation: center.Operation, Refuse: center.Refuse,
	}))
	if err != nil {
		return err
	}
	c.storage, err = listen(ctx, ports[1], c.o.Faults.Wrap(c.bucket, fault.Wire{
		Operation: bucket.Operation, Refuse: bucket.Refuse,
	}))
	return err
}

// Center is the contact center, for a test that adds, changes or counts.
func (c *Cloud) Center() *center.Center { return c.center }

// Bucket is the bucket, past the wire.
func (c *Cloud) Bucket() *bucket.Bucket { return c.bucket }

// Rotate gives out new temporary keys. The old ones end at once, sooner than the cloud's would: a run that keeps what it
// found at its first start is caught.
func (c *Cloud) Rotate() { c.keys.renew() }

// Settings is every variable that the function needs to work on this cloud, keys included. They are those of this
// moment: see Rotate.
func (c *Cloud) Settings() map[string]string {
	set := map[string]string{
		"CCC_SDK_APP_IDS":     strings.Join(c.o.Apps, ","),
		"CCC_ENDPOINT":        "http://" + c.api.address,
		"COS_BUCKET":          c.o.Bucket.Name,
		"COS_ENDPOINT":        "http://" + c.storage.address,
		"MEDIA_ALLOWED_HOSTS": c.api.address, // loopback is refused unless the literal address is allowed
	}
	if limit := c.o.Center.RateLimit; limit != Limit {
		set["CCC_RATE_LIMIT"] = strconv.Itoa(cmp.Or(limit, 10_000))
	}
	k := c.keys.current()
	set["TENCENTCLOUD_SECRETID"], set["TENCENTCLOUD_SECRETKEY"], set["TENCENTCLOUD_SESSIONTOKEN"] = k.id, k.secret, k.token
	return set
}

// Close ends the servers and every connection to them. The bucket's folder stays. Repeating it is harmless.
func (c *Cloud) Close() error {
	return errors.Join(c.api.close(), c.storage.close())
}
