using Nexo.Server.Security;

namespace Nexo.Server.Tests.Security;

public sealed class UsersFileTests : IDisposable
{
    private static readonly DateTimeOffset Moment = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_is_written_reads_back_and_is_for_its_owner_alone()
    {
        var file = new UsersFile(_directory.NameOf("users.json"));
        var ada = new UserEntry("ada")
        {
            Password = TestSecrets.Parse(TestSecrets.AdaHash),
            Certificate = "CN-ada",
            Namespace = "shop",
            Tokens = [new UserToken("ci", TokenHash.Of("t"), Moment, Moment.AddDays(1)), new UserToken("x", TokenHash.Of("u"), Moment, null)],
            Rules = [AccessRuleTests.Parse("store read \"quoted\"*"), AccessRuleTests.Parse("topics * #")],
        };
        await file.ChangeAsync(_ => [ada, new UserEntry("bob")], CancellationToken.None);

        IReadOnlyList<UserEntry> read = file.Read();

        Assert.Equal(["ada", "bob"], read.Select(user => user.Name));
        Assert.Equal(TestSecrets.AdaHash, read[0].Password!.Format());
        Assert.Equal("CN-ada", read[0].Certificate);
        Assert.Equal(("shop", null), (read[0].Namespace, read[1].Namespace));
        Assert.Equal(ada.Rules.Select(rule => rule.ToString()), read[0].Rules.Select(rule => rule.ToString()));
        Assert.Equal(["ci", "x"], read[0].Tokens.Select(token => token.Id));
        Assert.True(read[0].Tokens[0].Hash.Matches("t"));
        Assert.Equal(Moment.AddDays(1), read[0].Tokens[0].ExpiresAt);
        Assert.Null(read[0].Tokens[1].ExpiresAt);
        Assert.Null(read[1].Password);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ScratchDirectory.ModeOf(file.FullPath));
    }

    [Fact]
    public async Task Changes_at_the_same_time_all_count()
    {
        string path = _directory.NameOf("users.json");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(() => new UsersFile(path).ChangeAsync(
            users => [.. users, new UserEntry($"user-{number}")], CancellationToken.None))));

        Assert.Equal(20, new UsersFile(path).Read().Count);
        Assert.Equal(["users.json", "users.json.lock"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Where_there_is_no_file_there_are_no_users() => Assert.Empty(new UsersFile(_directory.NameOf("none.json")).Read());

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_may_read_or_write_is_refused_with_the_remedy(UnixFileMode more)
    {
        string path = Write("{ \"users\": [] }");
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        string message = Fault(path);
        Assert.Contains($"chmod 600 {path}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", 1, "")]
    [InlineData("[]", 1, "object")]
    [InlineData("{\n\"users\": {} }", 2, "array")]
    [InlineData("{\n\"usres\": [] }", 2, "'usres' is not known")]
    [InlineData("{\n\"version\": 2 }", 2, "version 1")]
    [InlineData("{ \"users\": [\n{ \"name\": \"ada\" },\n{ \"name\": \"ada\" } ] }", 3, "two users 'ada'")]
    [InlineData("{ \"users\": [\n{ \"name\": \"a b\" } ] }", 2, "no spaces")]
    [InlineData("{ \"users\": [\n{ \"name\": \"token\" } ] }", 2, "not free")]
    [InlineData("{ \"users\": [\n{ } ] }", 2, "has a name")]
    [InlineData("{ \"users\": [\n{ \"name\": \"a\",\n\"name\": \"b\" } ] }", 3, "there twice")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"password\": \"hunter2\" } ] }", 2, "no hash")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"rules\": [\n\"store raed x\" ] } ] }", 3, "'raed' is no operation")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"rule\": [] } ] }", 2, "'rule' is not known")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"tokens\": [ { \"id\": \"x\" } ] } ] }", 2, "an id and a sha256")]
    [InlineData("{ \"users\": [ { \"name\": \"a\", \"certificate\": \"c\" },\n{ \"name\": \"b\", \"certificate\": \"c\" } ] }", 2, "two users")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"namespace\": \"No!\" } ] }", 2, "the name of a namespace")]
    [InlineData("{ \"users\": [ { \"name\": \"a\",\n\"namespace\": \"default\" } ] }", 2, "always there")]
    [InlineData("{ \"users\": [] }\nmore", 2, "")]
    public void A_bad_line_is_refused_with_the_file_and_the_line(string content, int line, string what)
    {
        string path = Write(content);
        string message = Fault(path);
        Assert.StartsWith($"{path}, line {line}: ", message, StringComparison.Ordinal);
        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_namespace_that_is_not_declared_is_refused_where_they_are_known()
    {
        string path = Write("{ \"users\": [ { \"name\": \"a\",\n\"namespace\": \"shop\" } ] }");
        Assert.Equal("shop", new UsersFile(path).Read(["shop", "billing"]).Single().Namespace);
        string message = Assert.Throws<UsersFileException>(() => new UsersFile(path).Read(["billing"])).Message;
        Assert.StartsWith($"{path}, line 2: the namespace 'shop' is not one of data.namespaces", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_welcome() => Assert.Equal(
        ["ada"],
        new UsersFile(Write("{ // people\n \"users\": [ { \"name\": \"ada\", }, ], }")).Read().Select(user => user.Name));

    private static string Fault(string path) => Assert.Throws<UsersFileException>(() => new UsersFile(path).Read()).Message;

    private string Write(string content)
    {
        string path = _directory.File("users.json", content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
