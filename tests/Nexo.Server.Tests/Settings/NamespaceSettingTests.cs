using Nexo.Server.Brokers;
using Nexo.Server.Security;
using Nexo.Server.Settings;
using Nexo.Server.Tests.Security;

namespace Nexo.Server.Tests.Settings;

public sealed class NamespaceSettingTests
{
    [Fact]
    public void Namespaces_and_whose_they_are_are_read_and_printed_alike()
    {
        NexoServerOptions options = Load(
            ("data.namespaces", " shop , 2nd_one"), ("security.users", $"ada:{TestSecrets.AdaHash}"), ("security.namespaces", "ada: shop"))
            .Options;

        Assert.Equal(["shop", "2nd_one"], options.Namespaces);
        Assert.Equal([new UserNamespace("ada", "shop")], options.Security.Namespaces);
        Assert.Equal("shop,2nd_one", SettingCatalog.Find("data.namespaces")!.Print(options));
        Assert.Equal("ada:shop", SettingCatalog.Find("security.namespaces")!.Print(options));
        Assert.Empty(Load(("data.namespaces", "")).Options.Namespaces);
    }

    [Theory]
    [InlineData("default", "always there")]
    [InlineData("Shop", "letters a to z")]
    [InlineData("-shop", "begins with a letter or a digit")]
    [InlineData("../up", "letters a to z")]
    [InlineData("shöp", "letters a to z")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456", "1 to 32")]
    [InlineData("shop,shop", "'shop' is there twice")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "there are 17, and at most 16")]
    public void A_name_that_cannot_be_one_is_refused_with_the_reason(string names, string reason)
    {
        string problem = Assert.Single(Load(("data.namespaces", names)).Problems);
        Assert.Contains("data.namespaces", problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada:nowhere", "which is not one of data.namespaces")]
    [InlineData("eve:shop", "who is not in security.users")]
    [InlineData("token:shop", "who is not in security.users")]
    [InlineData("ada:shop,ada:shop", "'ada' is there twice")]
    [InlineData("shop", "does not begin with the name of a user")]
    public void Who_is_bound_to_what_is_not_there_is_refused_with_the_remedy(string bound, string reason)
    {
        string problem = Assert.Single(Load(
            ("data.namespaces", "shop"), ("security.users", $"ada:{TestSecrets.AdaHash}"), ("security.namespaces", bound)).Problems);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_is_in_its_own_namespace_and_one_that_manages_the_server_in_all()
    {
        var options = new SecurityOptions();
        UserSet users = UserSet.TryMake(
            options,
            [
                new UserEntry("shop") { Namespace = "shop", Rules = [AccessRuleTests.Parse("* * *")] },
                new UserEntry("ada") { Rules = [AccessRuleTests.Parse("store * *")] },
                new UserEntry("keeper") { Rules = [AccessRuleTests.Parse("admin manage")] },
            ],
            out string? problem)!;
        Assert.Null(problem);

        Assert.Equal([false, true, false], Spaces("shop"));
        Assert.Equal([true, false, false], Spaces("ada"));
        Assert.Equal([true, true, true], Spaces("keeper"));
        Assert.Equal([false, false, false], Spaces("nobody"));

        bool[] Spaces(string user) =>
            [.. new[] { Namespaces.Default, "shop", "billing" }.Select(space => !ReferenceEquals(users.AccessOf(user, space), Access.Nothing))];
    }

    private static SettingsResult Load(params (string Name, string Value)[] flags) => SettingsLoader.Load(new SettingsInput
    {
        Flags = [.. flags.Select(flag => new FlagValue(flag.Name, flag.Value, $"--set {flag.Name}"))],
    });
}
