using System.Text;
using Nexo.Server.Resp;

namespace Nexo.Server.Tests.Resp;

/// <summary>The numbers by which clients go on with a scan.</summary>
public sealed class RespCursorTests
{
    [Fact]
    public void A_scan_that_rests_goes_on_whatever_others_scan_meanwhile()
    {
        var cursors = new RespCursors();
        ulong slow = cursors.Keep("slow"u8, after: 0);
        ulong fast = 0;
        for (int page = 0; page < 50_000; page++)
        {
            fast = cursors.Keep(Encoding.ASCII.GetBytes($"{page}"), fast);
        }

        Assert.True(cursors.TryFind(slow, out byte[] cursor));
        Assert.Equal("slow"u8.ToArray(), cursor);
        Assert.True(cursors.TryFind(fast, out cursor));
        Assert.Equal("49999"u8.ToArray(), cursor);
    }

    [Fact]
    public void A_page_can_be_asked_for_again_and_one_before_it_is_forgotten()
    {
        var cursors = new RespCursors();
        ulong first = cursors.Keep("1"u8, after: 0);
        ulong second = cursors.Keep("2"u8, first);
        Assert.True(cursors.TryFind(first, out _));
        ulong third = cursors.Keep("3"u8, second);

        Assert.False(cursors.TryFind(first, out _));
        Assert.True(cursors.TryFind(second, out _));
        Assert.True(cursors.TryFind(third, out _));
        Assert.True(cursors.TryFind(0, out byte[] beginning));
        Assert.Empty(beginning);
    }

    [Fact]
    public void Of_too_many_scans_the_one_that_has_rested_longest_is_forgotten()
    {
        var cursors = new RespCursors();
        ulong[] all = [.. Enumerable.Range(0, 5_000).Select(i => cursors.Keep("x"u8, after: 0))];

        Assert.False(cursors.TryFind(all[0], out _));
        Assert.True(cursors.TryFind(all[^1], out _));
        Assert.Equal(4_096, all.Count(number => cursors.TryFind(number, out _)));
    }
}
