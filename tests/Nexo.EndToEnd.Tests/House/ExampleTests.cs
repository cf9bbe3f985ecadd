using System.Text.RegularExpressions;

namespace Nexo.EndToEnd.Tests.House;

/// <summary>Keeps the examples of the documents the ones that are compiled and run.</summary>
public sealed partial class ExampleTests
{
    [Theory]
    [InlineData("docs/sdk-queues.md", "tests/Nexo.EndToEnd.Tests/Queues/QueueExamples.cs")]
    [InlineData("docs/sdk-topics.md", "tests/Nexo.EndToEnd.Tests/Topics/TopicExamples.cs")]
    [InlineData("docs/sdk-streams.md", "tests/Nexo.EndToEnd.Tests/Streams/StreamExamples.cs")]
    public void Every_example_of_the_document_stands_in_the_tests(string document, string tests)
    {
        string source = Plain(Repository.Read(tests));
        string[] examples = [.. CSharp().Matches(Repository.Read(document)).Select(match => Plain(match.Groups[1].Value))];

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(example, source, StringComparison.Ordinal));
    }

    /// <summary>Without what depends on where it stands.</summary>
    private static string Plain(string text) => string.Join(
        '\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();
}
