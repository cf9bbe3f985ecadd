using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class AccessRuleTests
{
    [Theory]
    [InlineData("store read,write session:*", "store read,write session:*")]
    [InlineData("store write,read session:*", "store read,write session:*")]
    [InlineData("  queue   consume   jobs.*  ", "queue consume jobs.*")]
    [InlineData("topics read sensors/+/temp", "topics read sensors/+/temp")]
    [InlineData("topics * #", "topics * #")]
    [InlineData("topics read+write a", "topics read,write a")]
    [InlineData("streams read,write,consume,manage orders", "streams * orders")]
    [InlineData("admin read", "admin read")]
    [InlineData("admin * *", "admin *")]
    [InlineData("* * *", "* * *")]
    [InlineData("* read *", "* read *")]
    [InlineData("store read two words", "store read two words")]
    public void A_rule_reads_as_it_is_written_and_prints_so_that_it_reads_the_same(string text, string printed)
    {
        AccessRule rule = Parse(text);
        Assert.Equal(printed, rule.ToString());
        Assert.Equal(printed, Parse(rule.ToString()).ToString());
    }

    [Theory]
    [InlineData("", "BROKER OPERATIONS PATTERN")]
    [InlineData("store", "BROKER OPERATIONS PATTERN")]
    [InlineData("stroe read a", "'stroe' is no broker")]
    [InlineData("store raed a", "'raed' is no operation")]
    [InlineData("store read, a", "'' is no operation")]
    [InlineData("store consume a", "nothing to consume of store")]
    [InlineData("topics consume a", "nothing to consume of topics")]
    [InlineData("admin write", "nothing to write of admin")]
    [InlineData("store read", "pattern is missing")]
    [InlineData("admin read snapshots", "has no names")]
    [InlineData("* read a*", "pattern *")]
    [InlineData("store read a*b", "at the end")]
    [InlineData("store read **", "at the end")]
    [InlineData("topics read *", "all topics are #")]
    [InlineData("topics read a/#/b", "filter of MQTT")]
    [InlineData("topics read a+", "filter of MQTT")]
    [InlineData("topics read $SYS/#", "begin with $")]
    [InlineData("topics read $share/g/a", "begin with $")]
    [InlineData("store read a\u0007", "control characters")]
    public void What_is_no_rule_is_refused_with_what_would_be_right(string text, string reason)
    {
        Assert.False(AccessRule.TryParse(text, out AccessRule? rule, out string? why));
        Assert.Null(rule);
        Assert.Contains(reason, why, StringComparison.Ordinal);
    }

    internal static AccessRule Parse(string text) =>
        AccessRule.TryParse(text, out AccessRule? rule, out string? reason) ? rule : throw new ArgumentException(reason, nameof(text));
}
