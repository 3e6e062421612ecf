// Package devcloud is the cloud on a laptop: a contact center with made-up calls, a COS bucket on disk and, where it is
// told which binary is the function, the platform that runs it. All are behind real HTTP on loopback, with signatures and
// temporary keys checked. The demo and the end-to-end tests run against it, so that the official SDKs are always in the
// path.
//
// It promises that whoever uses what Settings hands out reaches the servers as in the cloud, and that everything else
// is refused as there. It knows nothing of the archive: what the archive should do with these calls is not known here.
package devcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cdrvault/devcloud/bucket"
	"cdrvault/devcloud/calls"
	"cdrvault/devcloud/center"
	"cdrvault/devcloud/fault"
	"cdrvault/devcloud/platform"
)

// What a cloud has where Options does not say otherwise.
const (
	App    = "1400000000"      // the application
	Name   = "lake-1250000000" // the bucket
	Region = "ap-guangzhou"    // of the bucket; a function without another one has it, too
	Limit  = 20                // requests a second to the API, as the document of DescribeTelCdr says
)

// Options describes a cloud. Dir is required; the zero value of every other field means its default.
type Options struct {
	Dir    string           // where the bucket is kept; made if absent, served again if it has objects
	Apps   []string         // applications; App
	World  calls.World      // the calls of every application; its field App is ignored
	First  time.Time        // the first day that has calls; the day before Now
	Days   int              // how many days on end have calls; 1, negative: none, for whoever adds calls by hand
	Now    func() time.Time // the clock of the world: calls, transcripts, links, objects. Signatures follow time.Now
	Faults *fault.Script    // in front of all servers; Operation tells them apart
	Port   int              // of the contact center; the bucket has the next one, the platform the one after. 0: any

	// Center and Bucket say what else is different. Credentials, clocks, applications, folder are the cloud's own and
	// ignored here; a RateLimit of 0 is Limit, a negative one none.
	Center center.Options
	Bucket bucket.Options

	// Platform says which function there is; without a Binary there is no platform. Each invocation has the cloud's
	// Settings of that moment, and those of Environment as far as the cloud has none of that name. Credentials and Faults
	// are ignored here; Queue is the folder queue in Dir if it does not say.
	Platform platform.FleetOptions
}

// Cloud is a running cloud. The caller closes it.
type Cloud struct {
	o        Options
	keys     keyring
	center   *center.Center
	bucket   *bucket.Bucket
	platform *platform.Fleet // may be nil

	api, storage, desk *server // of these three
}

// Start makes the calls, opens the bucket and the platform, which goes on with what it left in its queue, and serves
// them. ctx is for the start alone.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	c := &Cloud{o: o.withDefaults()}
	c.keys.renew()
	err := c.listen(ctx)
	if err == nil {
		err = c.build()
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("start devcloud: %w", err)
	}
	c.serve()
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

// listen takes the ports.
func (c *Cloud) listen(ctx context.Context) (err error) {
	servers := []**server{&c.api, &c.storage}
	if c.o.Platform.Binary != "" {
		servers = append(servers, &c.desk)
	}
	for n, s := range servers {
		port := c.o.Port
		if port != 0 {
			port += n
		}
		if *s, err = listen(ctx, port); err != nil {
			return err
		}
	}
	return nil
}

// build makes the services.
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
	if c.bucket, err = bucket.New(b); err != nil || c.desk == nil {
		return err
	}
	p := c.o.Platform
	p.Credentials, p.Faults, p.Environment = c.keys.find, c.o.Faults, c.environment
	p.Queue = cmp.Or(p.Queue, filepath.Join(c.o.Dir, "queue"))
	c.platform, err = platform.OpenFleet(p)
	return err
}

// serve opens the doors.
func (c *Cloud) serve() {
	c.api.serve(c.o.Faults.Wrap(c.center, fault.Wire{Operation: center.Operation, Refuse: center.Refuse}))
	c.storage.serve(c.o.Faults.Wrap(c.bucket, fault.Wire{Operation: bucket.Operation, Refuse: bucket.Refuse}))
	if c.desk != nil {
		c.desk.serve(c.o.Faults.Wrap(c.platform, fault.Wire{Operation: platform.RequestOperation, Refuse: platform.RefuseRequest}))
	}
}

// environment is what an invocation of the function finds: the cloud's settings, keys included, over its own ones.
func (c *Cloud) environment() map[string]string {
	env := map[string]string{}
	if own := c.o.Platform.Environment; own != nil {
		maps.Copy(env, own())
	}
	maps.Copy(env, c.Settings())
	return env
}

// Center is the contact center, for a test that adds, changes or counts.
func (c *Cloud) Center() *center.Center { return c.center }

// Bucket is the bucket, past the wire.
func (c *Cloud) Bucket() *bucket.Bucket { return c.bucket }

// Platform is the platform, past the wire; nil where the cloud has none.
func (c *Cloud) Platform() *platform.Fleet { return c.platform }

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
		"COS_REGION":          Region,
		"COS_ENDPOINT":        "http://" + c.storage.address,
		"MEDIA_ALLOWED_HOSTS": c.api.address, // loopback is refused unless the literal address is allowed
	}
	if c.desk != nil {
		set["INVOKE_ENDPOINT"] = "http://" + c.desk.address
	}
	if limit := c.o.Center.RateLimit; limit != Limit {
		set["CCC_RATE_LIMIT"] = strconv.Itoa(cmp.Or(limit, 10_000))
	}
	k := c.keys.current()
	set["TENCENTCLOUD_SECRETID"], set["TENCENTCLOUD_SECRETKEY"], set["TENCENTCLOUD_SESSIONTOKEN"] = k.id, k.secret, k.token
	return set
}

// Close ends the servers, every connection to them and every run of the function. The folder stays, with the bucket and
// with the events that have not ended. Repeating it is harmless.
func (c *Cloud) Close() error {
	errs := []error{c.desk.close()}
	if c.platform != nil {
		errs = append(errs, c.platform.Close())
	}
	return errors.Join(append(errs, c.api.close(), c.storage.close())...)
}
