package archive

// Prices of Tencent Cloud's mainland regions in CNY, before free quotas, packages and discounts. They are for orientation: no
// bill was ever held against them. The price pages themselves could not be read; what is quoted from them agrees, and each
// constant names the page that is the authority.
const (
	priceBasis = "list prices, mainland China, as of 2026-09; free quotas not counted"

	// STANDARD class: 0.01 for 10,000 requests, reading or writing. Tencent's own guide to NextCloud on COS (Shanghai) and quotes
	// until 2026-09; the authority is https://buy.cloud.tencent.com/price/cos.
	priceRequest = 0.01 / 10_000
	// STANDARD class, GB (1024³ bytes) and month. The same guide. Some quotes since 2024 say 0.099: this one is the higher.
	priceStored = 0.118

	// An invocation: 0.0133 for 10,000; a GB-second. https://cloud.tencent.com/document/product/583/12281, as quoted until 2026-09.
	priceInvocation = 0.0133 / 10_000
	priceGBSecond   = 0.00011108
)

const (
	gigabyte = 1 << 30

	// functionMemory is that of one instance, in GB: what serverless.yml sets.
	functionMemory = 0.5
)
