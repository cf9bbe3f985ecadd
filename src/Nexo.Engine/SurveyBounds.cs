namespace Nexo.Engine;

/// <summary>Of which things a survey tells one by one: the oldest, so that the choice stays the same from one survey to the next.</summary>
internal static class SurveyBounds
{
    /// <summary>The highest number among the <paramref name="count"/> lowest; all are below it if there are no more.</summary>
    public static uint LastNamed(IEnumerable<uint> numbers, int count)
    {
        if (count == 0)
        {
            return 0;
        }

        uint[] sorted = [.. numbers];
        if (sorted.Length <= count)
        {
            return uint.MaxValue;
        }

        Array.Sort(sorted);
        return sorted[count - 1];
    }
}
