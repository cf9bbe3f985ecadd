using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>
/// What compaction promises, looked at from outside: beside all that was ever appended, which is compared in the simplest way. A value that
/// is empty is a tombstone's.
/// </summary>
internal static class CompactionRules
{
    /// <param name="all">What was appended, and not trimmed.</param>
    /// <param name="found">What is there.</param>
    /// <param name="youngMs">Tombstones of this time or later are there if they are the last.</param>
    public static void Check(List<Read> all, List<Read> found, long youngMs = long.MaxValue)
    {
        Assert.Equal(found.OrderBy(read => read.Offset), found);
        Dictionary<long, Read> there = found.ToDictionary(read => read.Offset);
        foreach (Read read in found)
        {
            Assert.Contains(read, all);
        }

        foreach (IGrouping<string?, Read> key in all.GroupBy(read => read.Key))
        {
            Read last = key.Last();
            if (last.Value.Length > 0 || last.TimestampMs >= youngMs)
            {
                Assert.True(there.ContainsKey(last.Offset), $"the last record of {key.Key}, {last.Offset}, is gone");
            }
            else if (!there.ContainsKey(last.Offset))
            {
                Assert.True(
                    !found.Exists(read => read.Key == key.Key), $"{key.Key} was deleted by {last.Offset}, and is there again");
            }
        }
    }
}
