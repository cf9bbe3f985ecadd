using System.Text;
using CsCheck;
using Nexo.Cli.Store.Transfer;
using Xunit;

namespace Nexo.Cli.Tests.Store;

public sealed class LineReaderTests
{
    [Fact]
    public void Lines_are_the_same_however_the_bytes_arrive() =>
        Gen.Select(Gen.Char["ab\n"].Array[0, 60], Gen.Int[1, 7]).Sample(async (chars, step) =>
        {
            string text = new(chars);
            string[] expected = text.Split('\n');
            string[] lines = await ReadAsync(new TrickleStream(Encoding.UTF8.GetBytes(text), step));
            Assert.Equal(text.EndsWith('\n') || text.Length == 0 ? expected[..^1] : expected, lines);
        });

    [Fact]
    public async Task A_line_longer_than_the_first_buffer_is_whole()
    {
        byte[] bytes = [.. new byte[1_000_000], (byte)'\n', (byte)'x'];
        string[] lines = await ReadAsync(new MemoryStream(bytes));
        Assert.Equal([1_000_000, 1], lines.Select(line => line.Length));
    }

    [Fact]
    public async Task A_line_that_never_ends_is_refused() =>
        await Assert.ThrowsAsync<InvalidDataException>(
            () => ReadAsync(new MemoryStream(new byte[2_000_000]), lineBytesMax: 600_000));

    private static async Task<string[]> ReadAsync(Stream stream, int lineBytesMax = LineReader.DefaultLineBytesMax)
    {
        await using (stream)
        {
            var reader = new LineReader(stream, lineBytesMax);
            var lines = new List<string>();
            do
            {
                while (reader.TryTake(out ReadOnlyMemory<byte> line))
                {
                    lines.Add(Encoding.UTF8.GetString(line.Span));
                    Assert.Equal(lines.Count, reader.LineNumber);
                }
            }
            while (await reader.FillAsync(CancellationToken.None));

            return [.. lines];
        }
    }

    private sealed class TrickleStream(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
