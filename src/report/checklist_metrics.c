/* METRICS 1.0, 30 items: Kocak et al., Insights Imaging 15:8, 2024. Titles are ours; weights and conditions are in
 * metrics_score.c. Items judge, so a yes of the run stands with its evidence, and what the run cannot know is the authors'. */
#include "report/evidence.h"

static const struct item items[METRICS_ITEM_N] = {
    {"#1", "Study design", "guideline followed", .keys = "guidelines", .judged = true},
    {"#2", "Study design", "eligibility, representative", .keys = "eligibility", .judged = true},
    {"#3", "Study design", "good reference standard", .keys = "reference_standard", .judged = true},
    {"#4", "Imaging data", "several centres", .keys = "setting", .judged = true},
    {"#5", "Imaging data", "acquisition by a guideline", .keys = "acquisition_standard", .judged = true},
    {"#6", "Imaging data", "acquisition parameters", .keys = "acquisition", .judged = true},
    {"#7", "Imaging data", "time from imaging to reference", .keys = "interval", .judged = true},
    {"#8", "Segmentation", "segmentation described", .keys = "segmentation.method segmentation.software segmentation.rules", .judged = true},
    {"#9", "Segmentation", "automatic masks evaluated", .keys = "segmentation.evaluation", .judged = true},
    {"#10", "Segmentation", "test masks by one reader or tool", .keys = "segmentation.test_readers", .judged = true},
    {"#11", "Processing and extraction", "pre-processing described", evidence_extraction, .where = "study.lock.yaml", .judged = true},
    {"#12", "Processing and extraction", "standardised software", evidence_software, .where = "study.lock.yaml", .judged = true},
    {"#13", "Processing and extraction", "extraction parameters", evidence_extraction, .where = "study.lock.yaml", .judged = true},
    {"#14", "Feature processing", "unstable columns removed", evidence_reliability, .where = "metrics.json", .judged = true},
    {"#15", "Feature processing", "redundant columns removed", evidence_reduction, .where = "metrics.json", .judged = true},
    {"#16", "Feature processing", "columns fit the size of the data", evidence_dimension, .where = "metrics.json", .judged = true},
    {"#17", "Feature processing", "robustness of end-to-end networks", evidence_no_network, .judged = true},
    {"#18", "Preparation for modelling", "sound partition", evidence_split, .where = "cases.csv", .judged = true},
    {"#19", "Preparation for modelling", "confounders", .keys = "confounders", .judged = true},
    {"#20", "Metrics and comparison", "fitting measures", evidence_measures, .where = "metrics.json", .judged = true},
    {"#21", "Metrics and comparison", "uncertainty", evidence_intervals, .where = "metrics.json", .judged = true},
    {"#22", "Metrics and comparison", "calibration", evidence_calibration, .where = "figures/calibration.svg", .judged = true},
    {"#23", "Metrics and comparison", "one kind of image, or proof of more", evidence_one_phase, .where = "metrics.json", .judged = true},
    {"#24", "Metrics and comparison", "against a non-radiomic model", evidence_clinical_comparison, .where = "metrics.json", .judged = true},
    {"#25", "Metrics and comparison", "against a simple model", evidence_simple_model, .where = "metrics.json", .judged = true},
    {"#26", "Testing", "internal test", evidence_internal, .where = "metrics.json", .judged = true},
    {"#27", "Testing", "external test", evidence_external, .where = "metrics.json", .judged = true},
    {"#28", "Open science", "data available", .keys = "sharing.images sharing.masks sharing.features", .judged = true},
    {"#29", "Open science", "code available", .keys = "sharing.code", .judged = true},
    {"#30", "Open science", "model available", .keys = "sharing.model", .judged = true},
};

const struct checklist_source checklist_metrics = {"METRICS", "1.0", "10.1186/s13244-023-01572-w", items, sizeof items / sizeof items[0]};
