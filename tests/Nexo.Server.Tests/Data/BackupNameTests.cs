using Nexo.Server.Data;

namespace Nexo.Server.Tests.Data;

public sealed class BackupNameTests
{
    private static readonly DateTimeOffset At = new(2030, 1, 31, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("", "nexo-20300131T030405Z.backup")]
    [InlineData("shop", "nexo.shop-20300131T030405Z.backup")]
    [InlineData("a-b", "nexo.a-b-20300131T030405Z.backup")]
    public void A_name_says_of_what_and_when_and_is_read_back(string space, string file)
    {
        var name = new BackupName(space, At);
        Assert.Equal(file, name.File);
        Assert.True(BackupName.TryParse(file, space, out BackupName? read));
        Assert.Equal(name, read);
    }

    [Theory]
    [InlineData("nexo.shop-20300131T030405Z.backup", "")]
    [InlineData("nexo-20300131T030405Z.backup", "shop")]
    [InlineData("nexo.shop-20300131T030405Z.backup", "sho")]
    [InlineData("nexo.a-b-20300131T030405Z.backup", "a")]
    [InlineData("nexo-20300131T030405Z.backup.tmp", "")]
    [InlineData("nexo-20301331T030405Z.backup", "")]
    [InlineData("nexo-.backup", "")]
    [InlineData("nexo-backup", "")]
    [InlineData("other.backup", "")]
    public void Another_file_is_none_of_its_own(string file, string space) => Assert.False(BackupName.TryParse(file, space, out _));
}
