package calls

import "fmt"

// Numbers that nobody can be given: no Chinese mobile number begins with 100, no area code is 0000.
const (
	customerFormat = "0086100%08d"
	lineFormat     = "00860000%04d"
)

func customer(n int) string { return fmt.Sprintf(customerFormat, n%100_000_000) }

func line(n int) string { return fmt.Sprintf(lineFormat, n%10_000) }

// groups holds one id of 19 digits: beyond what a float can carry.
var groups = []Group{
	{1001, "售前咨询"},
	{1002, "售后服务"},
	{1003, "技术支持"},
	{1004, "投诉与建议"},
	{7205759403792793601, "海外专线"},
}

var bots = []Bot{
	{9007199254740993, "智能助手·咨询"},
	{20260002, "智能助手·回访"},
}

// signs are the ten counting signs: nobody's name.
var signs = []string{"甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"}

const seats = 40

// seat is the n-th of the seats.
func seat(n int) Seat {
	n %= seats
	g := groups[n%len(groups)]
	return Seat{
		Name:   fmt.Sprintf("坐席%s%d", signs[n%len(signs)], n/len(signs)+1),
		Nick:   "小" + signs[n%len(signs)],
		Mail:   fmt.Sprintf("seat%03d@example.com", n),
		Phone:  line(9000 + n),
		Number: fmt.Sprintf("S%04d", n),
		Groups: []string{g.Name, groups[0].Name},
	}
}

var locations = []string{
	"广东省深圳市", "广东省广州市", "北京市", "上海市", "四川省成都市", "浙江省杭州市", "湖北省武汉市",
	"内蒙古自治区呼伦贝尔市", "新疆维吾尔自治区伊犁哈萨克自治州", "香港特别行政区", "未知", "",
}

// remarks hold what breaks careless writers of lines: quotes, angle brackets, line ends, tabs, separators, emoji.
var remarks = []string{
	"客户咨询套餐资费，已答复。",
	"要求回电，时间为明天上午。",
	"发票抬头填写有误，已转财务处理",
	`客户反馈"无法登录"，路径 C:\app\log 已记录`,
	"第一行：退货\n第二行：换货",
	"优惠 <5折> & 满减，客户表示满意 😀",
	"制表\t符与\u2028行分隔符",
	"重复来电，同上一通",
}

var edits = []string{"（已回访）", "（已结案）", "，升级处理", " – 主管复核"}

var menu = []Key{
	{Key: "1", Label: "咨询", Node: "主菜单"},
	{Key: "2", Label: "售后", Node: "主菜单"},
	{Key: "3", Label: "技术支持", Node: "主菜单"},
	{Key: "0", Label: "人工服务", Node: "主菜单"},
	{Key: "#", Label: "返回上一级", Node: "二级菜单"},
}

var ratings = []Key{
	{Key: "1", Label: "非常满意", Node: "满意度评价"},
	{Key: "2", Label: "满意", Node: "满意度评价"},
	{Key: "3", Label: "不满意", Node: "满意度评价"},
}

var systemHangups = []SystemHangup{
	{1, "会话超时"},
	{2, "余额不足"},
	{3, "智能体结束通话"},
}

var spoken = [2][]string{
	{ // the customer
		"你好，我想咨询一下。", "嗯，好的。", "订单一直没有更新，是什么原因？", "那大概需要多久？",
		"我再确认一下地址。", "可以，没问题。", "不是这个，是上个月的那一笔。", "谢谢，再见。",
	},
	{ // the seat
		"您好，很高兴为您服务。", "请您稍等，我查询一下。", "系统显示正在处理中。", "预计两个工作日内完成。",
		"麻烦您提供一下订单编号。", "已经为您登记，请留意短信通知。", "还有其他可以帮您的吗？", "感谢您的来电，再见。",
	},
}
