package importer

import (
	"slices"
	"strings"
)

// others are the names that shops' exports give to columns of ours, in the
// languages that ship, without what divides their words. Where two of ours go by
// one name, the first that the kind has is meant.
var others = []struct {
	ours   string
	theirs []string
}{
	{"order_id", []string{"ordernumber", "orderno", "订单号", "订单编号", "交易编号", "bestellnummer", "bestellnr", "auftragsnummer"}},
	{"customer_id", []string{"customer", "customernumber", "customerno", "userid", "memberid", "buyerid", "客户编号", "客户id", "会员编号", "会员id", "会员号", "用户id", "用户编号", "买家id", "kunde", "kundennummer", "kundennr", "kundenid"}},
	{"placed_at", []string{"orderdate", "ordertime", "paidat", "createdat", "下单时间", "付款时间", "支付时间", "订单创建时间", "订单时间", "bestelldatum", "bestellzeit", "zeit", "datum"}},
	{"sku", []string{"productid", "itemid", "articlenumber", "商品编码", "商家编码", "商品编号", "货号", "artikelnummer", "artikelnr", "artikel"}},
	{"quantity", []string{"qty", "units", "数量", "购买数量", "商品数量", "menge", "anzahl"}},
	{"unit_price", []string{"price", "itemprice", "单价", "商品单价", "价格", "einzelpreis", "stückpreis", "preis"}},
	{"price", []string{"listprice", "单价", "价格", "售价", "preis"}},
	{"cost", []string{"成本", "成本价", "进价", "einkaufspreis", "kosten"}},
	{"role", []string{"productrole", "商品角色", "产品角色", "rolle", "produktrolle"}},
	{"currency", []string{"币种", "货币", "währung"}},
	{"product_name", []string{"product", "itemname", "title", "商品名称", "商品标题", "宝贝标题", "produktname", "artikelname", "produkt"}},
	{"name", []string{"productname", "title", "商品名称", "商品标题", "名称", "produktname", "artikelname"}},
	{"category", []string{"类目", "分类", "品类", "kategorie", "warengruppe"}},
	{"email", []string{"emailaddress", "mail", "邮箱", "电子邮箱", "邮件", "电子邮件", "mailadresse", "emailadresse"}},
	{"phone", []string{"phonenumber", "mobile", "telephone", "手机", "手机号", "手机号码", "电话", "联系电话", "telefon", "telefonnummer", "handy", "handynummer", "mobilnummer"}},
	{"first_name", []string{"givenname", "名字", "名", "vorname"}},
	{"last_name", []string{"surname", "familyname", "姓", "姓氏", "nachname"}},
	{"locale", []string{"language", "语言", "sprache"}},
	{"region", []string{"country", "地区", "国家", "省份", "land"}},
	{"zone", []string{"timezone", "时区", "zeitzone"}},
	{"consent_email", []string{"emailconsent", "邮件同意", "同意邮件", "接受邮件", "接收邮件", "emaileinwilligung", "newsletter"}},
	{"consent_sms", []string{"smsconsent", "短信同意", "同意短信", "接受短信", "接收短信", "smseinwilligung"}},
	{"consent_at", []string{"consentdate", "同意时间", "授权时间", "同意日期", "einwilligungam", "einwilligungsdatum"}},
	{"tags", []string{"标签", "会员标签", "schlagwörter"}},
	{"changed_at", []string{"updatedat", "更新时间", "修改时间", "geändertam"}},
	{"sex", []string{"gender", "性别", "geschlecht"}},
	{"birthday", []string{"dateofbirth", "birthdate", "生日", "出生日期", "geburtstag", "geburtsdatum"}},
	{"occupation", []string{"job", "profession", "职业", "beruf"}},
	{"interests", []string{"hobbies", "兴趣", "兴趣爱好", "爱好", "interessen"}},
	{"source", []string{"signupsource", "来源", "客户来源", "会员来源", "注册来源", "herkunft"}},
	{"kind", []string{"订单类型"}},
	{"refund_of", []string{"原订单号", "原订单编号"}},
	{"coupon", []string{"couponcode", "vouchercode", "优惠码", "优惠券码", "gutschein", "gutscheincode"}},
	{"status", []string{"orderstatus", "订单状态", "bestellstatus"}},
	{"entry_path", []string{"referrer", "trafficsource", "utmsource", "流量来源", "订单来源", "入口", "herkunft"}},
	{"promised_at", []string{"promiseddelivery", "expecteddelivery", "承诺送达时间", "预计送达时间", "liefertermin"}},
	{"delivered_at", []string{"deliveredon", "送达时间", "签收时间", "zugestelltam", "geliefertam"}},
	{"discount", []string{"discountamount", "优惠金额", "折扣金额", "rabatt", "nachlass"}},
	{"id", []string{"eventid", "事件id", "事件编号"}},
	{"at", []string{"time", "timestamp", "时间", "日期", "zeitpunkt"}},
	{"channel", []string{"渠道", "kanal"}},
	{"address", []string{"地址", "adresse"}},
	{"reason", []string{"refundreason", "returnreason", "原因", "退款原因", "退货原因", "grund", "rückgabegrund"}},
}

// plain is a name without letter case and what divides its words.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-./()（）\u00a0", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// meant says which columns of a file are ours of a set, by our names: those that
// are called so, and those that are called so elsewhere.
func meant(set columnSet, columns []string) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	take := func(ours string, is func(column string) bool) {
		if _, ok := out[ours]; ok || !slices.Contains(set.known, ours) {
			return
		}
		if i := slices.IndexFunc(columns, func(column string) bool { return !taken[column] && is(column) }); i >= 0 {
			out[ours], taken[columns[i]] = columns[i], true
		}
	}
	for _, ours := range set.known {
		take(ours, func(column string) bool { return strings.EqualFold(column, ours) })
	}
	for _, ours := range set.known {
		take(ours, func(column string) bool { return plain(column) == plain(ours) })
	}
	for _, o := range others {
		for _, theirs := range o.theirs {
			take(o.ours, func(column string) bool { return plain(column) == theirs })
		}
	}
	return out
}
