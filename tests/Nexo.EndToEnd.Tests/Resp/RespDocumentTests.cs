using System.Text.RegularExpressions;
using Nexo.EndToEnd.Tests.House;
using Nexo.Server.Resp;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>The table in the documents is the table in the code.</summary>
public sealed partial class RespDocumentTests
{
    [Fact]
    public void The_document_has_the_commands_as_they_are()
    {
        string[] documented =
        [
            .. Row().Matches(Repository.Read("docs/redis.md")).Select(row => $"{row.Groups[1].Value} | {row.Groups[2].Value} | {row.Groups[3].Value}"),
        ];
        string[] actual =
        [
            .. RespCommands.All.Select(command => $"{command.Name.ToUpperInvariant()} | {command.Group} | {command.Summary}"),
        ];

        Assert.Equal(actual.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_is_found_by_its_name_in_any_case_and_has_one_line()
    {
        Assert.Equal(RespCommands.All.Count, RespCommands.All.Select(command => command.Name).Distinct().Count());
        Assert.All(
            RespCommands.All,
            command =>
            {
                Assert.Same(command, RespCommands.Find(command.NameBytes));
                Assert.Same(command, RespCommands.Find(System.Text.Encoding.ASCII.GetBytes(command.Name.ToUpperInvariant())));
            });
        Assert.Null(RespCommands.Find("nosuchcommand"u8));
        Assert.Null(RespCommands.Find(default));
    }

    [Theory]
    [InlineData("zunionstore")]
    [InlineData("zinterstore")]
    [InlineData("zdiffstore")]
    [InlineData("zrangestore")]
    [InlineData("lmove")]
    [InlineData("del")]
    [InlineData("blpop")]
    [InlineData("bzmpop")]
    public void What_looks_at_other_keys_is_no_command_of_one_key_whose_lock_may_be_held_all_the_while(string name)
    {
        Assert.False(RespCommands.Find(System.Text.Encoding.ASCII.GetBytes(name))!.IsOfOneKey);
        Assert.True(RespCommands.Find("zadd"u8)!.IsOfOneKey);
    }

    [GeneratedRegex(@"^\| `([A-Z0-9]+)` \| ([a-z-]+) \| tested \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
