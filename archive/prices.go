package archive

// Prices of Tencent Cloud's mainland regions in CNY, before free quotas, packages and discounts: for orientation, and never held
// against a bill. They were looked up in November 2026 at second hand, in texts that quote the price pages. Each constant names the
// page that decides.
const (
	priceBasis = "list prices, mainland China, as of 2026-09, at second hand; free quotas not counted"

	// A request to an object of class STANDARD, reading or writing: 0.01 for 10,000. Tencent's guide to NextCloud on COS, for
	// Shanghai, and others until 2026-09. https://buy.cloud.tencent.com/price/cos
	priceRequest = 0.01 / 10_000
	// A GB (1024³ bytes) of class STANDARD for a month. The same guide says 0.118; some say 0.099 since 2024. The higher one is
	// taken. https://buy.cloud.tencent.com/price/cos
	priceStored = 0.118

	// An invocation of a function, 0.0133 for 10,000, and a GB-second. Quoted alike until 2026-09.
	// https://cloud.tencent.com/document/product/583/12281
	priceInvocation = 0.0133 / 10_000
	priceGBSecond   = 0.00011108
)

const (
	gigabyte = 1 << 30

	// functionMemory is that of one instance, in GB: what serverless.yml sets.
	functionMemory = 0.5
)
