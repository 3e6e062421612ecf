package archive

import "math"

// Prices are what the vendor asks. They can be replaced by those of one's own contract (cdrvault plan --prices).
type Prices struct {
	Currency               string  `json:"currency"`
	Basis                  string  `json:"basis"`                      // whose prices they are, and of when
	TenThousandRequests    float64 `json:"store_requests_10000"`       // requests to the bucket, reading or writing, as if all were of class STANDARD
	GBMonth                float64 `json:"standard_gb_month"`          // a GB (1024³ bytes) of class STANDARD for a month
	MediaGBMonth           float64 `json:"media_gb_month,omitempty"`   // the same of COS_STORAGE_CLASS; 0: not known, unless that is STANDARD
	TenThousandInvocations float64 `json:"function_invocations_10000"` // invocations of a function
	GBSecond               float64 `json:"function_gb_second"`         // of the function's memory
}

// ListPrices are those of Tencent Cloud's mainland regions, before free quotas, packages and discounts: for orientation, and never held
// against a bill. They were looked up in November 2026 at second hand, in texts that quote the price pages. The pages decide:
// https://buy.cloud.tencent.com/price/cos and https://cloud.tencent.com/document/product/583/12281.
var ListPrices = Prices{
	Currency: "CNY",
	Basis:    "list prices, mainland China, as of 2026-09, at second hand, never held against a bill; free quotas not counted",
	// Tencent's guide to NextCloud on COS, for Shanghai, and others until 2026-09.
	TenThousandRequests: 0.01,
	// The same guide; some say 0.099 since 2024. The higher one is taken.
	GBMonth: 0.118,
	// Both quoted alike until 2026-09.
	TenThousandInvocations: 0.0133,
	GBSecond:               0.00011108,
}

// PriceBy reckons what all of it costs at these prices.
func (c *Cost) PriceBy(p Prices) {
	requests := func(r Range, price float64) PriceRange { return PriceRange{}.charge(r, price/10_000) }
	c.Price = &Price{Prices: p, Requests: requests(c.StoreRequests.All(), p.TenThousandRequests)}
	media := p.MediaGBMonth
	if c.MediaClass == standard {
		media = p.GBMonth
	}
	if c.MediaBytes != nil && c.RowBytes != nil && c.BookBytes != nil && media > 0 {
		month := PriceRange{}.charge(*c.MediaBytes, media/gigabyte).charge(c.RowBytes.plus(*c.BookBytes), p.GBMonth/gigabyte)
		c.Price.StorageMonth = &month
	}
	for i, f := range c.Fleets {
		c.Fleets[i].Price = requests(f.Invocations, p.TenThousandInvocations).charge(f.GBSeconds, p.GBSecond)
	}
}

// charge adds what so many cost at a price for one. Less than a hundredth of a fen is nothing.
func (p PriceRange) charge(r Range, price float64) PriceRange {
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	return PriceRange{round(p.Least + float64(r.Least)*price), round(p.Most + float64(r.Most)*price)}
}

const (
	gigabyte = 1 << 30

	// standard is the class of everything but media, and of these as well unless COS_STORAGE_CLASS is another.
	standard = "STANDARD"

	// functionMemory is that of one instance, in GB: what serverless.yml sets.
	functionMemory = 0.5
)
